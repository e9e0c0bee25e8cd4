const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

export interface Looks {
  /** How many at most. */
  most: number;
  onThere: () => void;
  onGivenUp?: () => void;
}

/** Asks for a picture that could not be shown, ever more rarely, until it is there. @returns what ends it. */
export function lookAgain(src: string, { most, onThere, onGivenUp }: Looks): () => void {
  let ended = false;
  let timer = 0;
  const plan = (looks: number) => {
    if (ended) return;
    if (looks === most) onGivenUp?.();
    else timer = window.setTimeout(() => look(looks + 1), Math.min(FIRST_PAUSE_MS * 2 ** looks, LONGEST_PAUSE_MS));
  };
  const look = (looks: number) => {
    const picture = new Image();
    picture.onload = () => {
      if (!ended) onThere();
    };
    picture.onerror = () => plan(looks);
    picture.src = src;
  };
  plan(0);
  return () => {
    ended = true;
    window.clearTimeout(timer);
  };
}
