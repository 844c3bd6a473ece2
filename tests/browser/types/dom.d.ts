// What the scripts of the pages ask for may not be there. Tests have their own idea: tests.d.ts.

interface ParentNode {
  querySelector<Selector extends string>(selector: Selector): PartAt<Selector> | null;
  querySelectorAll<Selector extends string>(selector: Selector): NodeListOf<PartAt<Selector>>;
}

interface Element {
  closest<Selector extends string>(selector: Selector): PartAt<Selector> | null;
}

interface Document {
  readonly activeElement: HTMLElement | null;
}
