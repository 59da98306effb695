/** Something the person who called can mend: its message names the argument and the fix, and is all they need. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}
