/** Types of the <conf-call> element, see embed.js and docs/embedding.md. */

interface ConfCallPeople {
  /** How many people are in the call. */
  count: number;
  /** Their names, or null unless the room lets other sites know them. */
  names: string[] | null;
}

interface ConfCallMuted {
  /** Is the reader's microphone off? */
  microphone: boolean;
  /** Is the reader's camera off? */
  camera: boolean;
}

interface ConfCallHand {
  /** Is the reader's hand raised? */
  raised: boolean;
}

interface ConfCallEventMap extends HTMLElementEventMap {
  ready: CustomEvent<null>;
  joined: CustomEvent<null>;
  left: CustomEvent<null>;
  people: CustomEvent<ConfCallPeople>;
  muted: CustomEvent<ConfCallMuted>;
  hand: CustomEvent<ConfCallHand>;
}

/** Its attributes: room, invite or notes, and mode="door", title, height. */
interface ConfCallElement extends HTMLElement {
  /** Turn the reader's camera and microphone off. Nothing turns them on but the reader. */
  mute(): void;
  /** Leave the call. */
  leave(): void;
  /** Bring the keyboard into the frame. */
  focus(options?: FocusOptions): void;
  addEventListener<K extends keyof ConfCallEventMap>(
    type: K,
    listener: (this: ConfCallElement, event: ConfCallEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof ConfCallEventMap>(
    type: K,
    listener: (this: ConfCallElement, event: ConfCallEventMap[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

interface HTMLElementTagNameMap {
  'conf-call': ConfCallElement;
}
