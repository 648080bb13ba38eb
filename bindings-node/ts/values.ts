/** Texts one after the other, as the addon reads them. */

/** Words of memory at first: more than a slice of small records takes. */
const ROOM = 64 * 1024;

/** Code units up to which a loop is faster than a call out of JavaScript. */
const SHORT = 44;

/** Added to the length of a text that is JSON already. */
const LITERAL = 1;

/**
 * Memory for texts. In front of each stands a word of 32 bits, its length in bytes times two, plus one
 * if it is JSON already; behind it, what is left of its last word means nothing.
 */
export class Values {
  #words = new Uint32Array(ROOM);
  #bytes = Buffer.from(this.#words.buffer);
  #end = 0;

  /** All of the memory. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** How many bytes hold texts. */
  get used(): number {
    return this.#end * 4;
  }

  clear(): void {
    this.#end = 0;
    // A large slice does not keep its memory for ever.
    if (this.#words.length > 4 * ROOM) this.#resize(ROOM);
  }

  /** Adds a text that is to be written as a JSON string. */
  addText(text: string): void {
    this.#end = this.#add(text, 0);
  }

  /** Adds JSON text; an empty one stands for no value. */
  addLiteral(json: string): void {
    this.#end = this.#add(json, LITERAL);
  }

  #add(text: string, kind: number): number {
    const { length } = text;
    const start = this.#end + 1;
    // As UTF-8, a code unit takes three bytes at most.
    if (start + length > this.#words.length) this.#makeRoom(start, text);
    const words = this.#words;
    let at = start;
    let all = 0;
    if (length <= SHORT) {
      let place = 0;
      for (; place + 4 <= length; place += 4) {
        const first = text.charCodeAt(place);
        const second = text.charCodeAt(place + 1);
        const third = text.charCodeAt(place + 2);
        const fourth = text.charCodeAt(place + 3);
        all |= first | second | third | fourth;
        words[at] = first | (second << 8) | (third << 16) | (fourth << 24);
        at += 1;
      }
      if (place < length) {
        let word = 0;
        for (let shift = 0; place < length; place += 1, shift += 8) {
          const unit = text.charCodeAt(place);
          all |= unit;
          word |= unit << shift;
        }
        words[at] = word;
        at += 1;
      }
    }
    let bytes = length;
    if (length > SHORT || all > 0x7f) {
      bytes = this.#bytes.write(text, start * 4);
      at = start + ((bytes + 3) >>> 2);
    }
    words[start - 1] = bytes * 2 + kind;
    return at;
  }

  #makeRoom(start: number, text: string): void {
    const needed = start + ((Buffer.byteLength(text) + 3) >>> 2);
    if (needed > this.#words.length) this.#resize(2 * needed);
  }

  #resize(length: number): void {
    const words = new Uint32Array(length);
    words.set(this.#words.subarray(0, this.#end));
    this.#words = words;
    this.#bytes = Buffer.from(words.buffer);
  }
}
