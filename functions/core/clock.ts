/** Time as a parameter. `now` is epoch milliseconds (wall clock); `elapsed` is monotonic milliseconds with fractions. */
export interface Clock {
  now(): number;
  elapsed(): number;
}
