// The REST interface of a running gateway, asked as a program would.

export type Json = Record<string, unknown>;

/** Answers and problems alike, with the status. */
export async function getJson(http: string, path: string): Promise<{ status: number; body: Json }> {
  const answer = await fetch(`http://${http}/api/v1${path}`);
  return { status: answer.status, body: (await answer.json()) as Json };
}

export async function postJson(
  http: string,
  path: string,
  body: unknown,
): Promise<{ status: number; body: Json }> {
  const answer = await fetch(`http://${http}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Json };
}

/** The answer's fields. Fails with the problem when it is none. */
export async function get<Body = Json>(http: string, path: string): Promise<Body> {
  const { status, body } = await getJson(http, path);
  if (status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
  return body as Body;
}

/** Every page of a list, each one's `field` joined. */
export async function getAll<Entry>(http: string, path: string, field: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  let cursor: string | null = null;
  do {
    const joint = path.includes('?') ? '&' : '?';
    const behind: string = cursor === null ? '' : `${joint}cursor=${encodeURIComponent(cursor)}`;
    const page: Json = await get(http, `${path}${behind}`);
    entries.push(...(page[field] as Entry[]));
    cursor = page.nextCursor as string | null;
  } while (cursor !== null);
  return entries;
}
