/** The attribute that is being entered, wherever on the page that was asked for. */
class Entering {
  current = $state.raw<{ node: string; name: string } | null>(null);
  /** Goes up with everything saved: figures that were read before are old. */
  version = $state(0);

  open(node: string, name: string): void {
    this.current = { node, name };
  }

  saved(): void {
    this.current = null;
    this.version++;
  }
}

export const entering = new Entering();
