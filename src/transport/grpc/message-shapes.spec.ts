import { expect, test } from '@jest/globals';
import { z } from 'zod';
import * as answers from '../answers.js';
import { plan, planVersion } from '../plan-answers.js';
import * as proofs from '../proof-answers.js';
import * as reports from '../report-answers.js';
import { differences, type JsonSchema } from '../../../test/support/json-and-message.js';
import { financeMonths } from '../finance-answers.js';
import { autoTopUp } from '../auto-top-up-answers.js';
import { campaign, claim } from '../campaign-answers.js';
import { memberAnswer, memberMutation } from '../member-answers.js';
import { rateCard, rateCardSummary, simulation } from '../rate-card-answers.js';
import { subscriptionAnswer, subscriptionMutation, subscriptionsAnswer } from '../subscription-answers.js';
import { answerShapeOf, shapeOf, type Shape } from './message-shapes.js';

/** By HTTP in a header. */
const BESIDE_THE_JSON = ['replayed'];

const MUTATIONS = [
  'refundReservation',
  'refundEntry',
  'revokeLot',
  'freezeAccount',
  'unfreezeAccount',
  'configureAccount',
] as const;
const WITH_RESERVATION = ['reserveCredits', 'commitReservation', 'extendReservation'] as const;

/** By message; what a list or a call wraps is compared itself. */
const ANSWERS: readonly (readonly [Shape, z.ZodType])[] = [
  ...MUTATIONS.map(method => [answerShapeOf(method), answers.mutation] as const),
  ...WITH_RESERVATION.map(method => [answerShapeOf(method), answers.reservationMutation] as const),
  [answerShapeOf('chargeCredits'), answers.spendMutation],
  [answerShapeOf('releaseReservation'), answers.reservationRelease],
  [answerShapeOf('grantCredits'), answers.lotMutation],
  [answerShapeOf('checkReservation'), answers.check],
  [answerShapeOf('getBalance'), answers.balanceAnswer],
  [answerShapeOf('explainAccount'), reports.explanation],
  [answerShapeOf('getStatement'), reports.statement],
  [answerShapeOf('claimCampaign'), answers.lotMutation],
  [shapeOf('credits.v1.AutoTopUp'), autoTopUp],
  [shapeOf('credits.v1.Campaign'), campaign],
  [shapeOf('credits.v1.Claim'), claim],
  [answerShapeOf('setMember'), memberMutation],
  [answerShapeOf('getMember'), memberAnswer],
  [shapeOf('credits.v1.Usage'), reports.usage],
  [shapeOf('credits.v1.Account'), answers.account],
  [shapeOf('credits.v1.Entry'), answers.entry],
  [shapeOf('credits.v1.Lot'), answers.lot],
  [shapeOf('credits.v1.Reservation'), answers.reservation],
  [shapeOf('credits.v1.Unit'), answers.unit],
  [shapeOf('credits.v1.Key'), answers.key],
  [shapeOf('credits.v1.Plan'), plan],
  [shapeOf('credits.v1.PlanVersion'), planVersion],
  [answerShapeOf('putSubscription'), subscriptionMutation],
  [answerShapeOf('cancelSubscription'), subscriptionMutation],
  [answerShapeOf('getSubscription'), subscriptionAnswer],
  [answerShapeOf('listSubscriptions'), subscriptionsAnswer],
  [shapeOf('credits.v1.RateCard'), rateCard],
  [shapeOf('credits.v1.RateCardSummary'), rateCardSummary],
  [answerShapeOf('simulateRateCard'), simulation],
  [answerShapeOf('listFinanceMonths'), financeMonths],
  [answerShapeOf('getLatestCheckpoint'), proofs.checkpoint],
  [answerShapeOf('getEntryProof'), proofs.entryProof],
  [answerShapeOf('getConsistencyProof'), proofs.consistencyProof],
];

test.each(ANSWERS.map(([shape, answer]) => [shape.name, shape, answer] as const))(
  '%s has every field of its answer, and every word',
  (_, shape, answer) => {
    expect(differences(z.toJSONSchema(answer, { io: 'input' }) as JsonSchema, shape, BESIDE_THE_JSON)).toEqual([]);
  },
);

test('a field that the message lacks is found', () => {
  const larger = answers.balanceAnswer.extend({ more: z.string() });
  expect(differences(z.toJSONSchema(larger, { io: 'input' }) as JsonSchema, answerShapeOf('getBalance'), [])).toEqual([
    'credits.v1.GetBalanceResponse lacks more',
  ]);
});
