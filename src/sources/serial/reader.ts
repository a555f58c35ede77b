// What each kind of port is to the source: something that is started, reads, and is stopped.

export interface PortStatus {
  readonly name: string;
  readonly path: string;
  readonly isOpen: boolean;
  /** What is wrong and what to do about it; null while all is well. */
  readonly problem: string | null;
}

export interface PortReader {
  /** Resolves when the port was tried once, with or without success. Never rejects. */
  start(): Promise<void>;
  /** Takes nothing more, at once; resolves when the port is closed and all it gave is settled. */
  stop(): Promise<void>;
  status(): PortStatus;
}
