// What may name a consumer: in a request, in a commit, in the config.

const NAME = /^[A-Za-z0-9._:-]{1,128}$/;

export function isConsumerName(name: string): boolean {
  return NAME.test(name);
}
