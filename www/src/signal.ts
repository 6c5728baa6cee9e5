/** A value that others follow. */
export class Signal<T> {
  #value: T;
  readonly #followers = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  /** Followers hear of it at once, unless it is the value that was there. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const follower of this.#followers) follower(value);
  }

  /** Calls `follower` now and at every change. */
  follow(follower: (value: T) => void): void {
    this.#followers.add(follower);
    follower(this.#value);
  }
}
