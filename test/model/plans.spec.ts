import { agreesOnPlans } from './agreement-on-plans.js';

agreesOnPlans(20_261_121);
