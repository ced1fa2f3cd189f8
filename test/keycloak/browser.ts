/** Names of fields of Keycloak's forms that are buttons: whoever sends them presses these. */
const BUTTONS = ['cancel', 'try-another-way'];

/** A page of Keycloak: a form to fill in, or a message. */
interface Page {
  readonly action: string | undefined;
  /** The form's fields, as they are filled in already. */
  readonly fields: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What a browser does of its own: cookies, redirects to the same site, forms. It runs no scripts; Keycloak needs none. */
export class Browser {
  private readonly cookies = new Map<string, string>();

  /** @param entries what a person enters, by the names of fields */
  public constructor(private readonly entries: Readonly<Record<string, string>>) {}

  /**
   * Opens a page, and fills in every form that follows.
   *
   * @param end beginning of a URL that is not opened any more, nor are those of other sites
   * @returns where the site leads to in the end; else the message that it stops with
   */
  public async visit(url: string, end: string): Promise<{ readonly leadsTo?: URL; readonly message?: string }> {
    const site = new URL(url).origin;
    let response = await this.request(new URL(url));
    let answered = '';
    for (;;) {
      const location = response.headers.get('location');
      const target = location === null ? undefined : new URL(location, site);
      if (target !== undefined) {
        if (target.origin !== site || target.href.startsWith(end)) return { leadsTo: target };
        response = await this.request(target);
        continue;
      }
      const page = pageOf(await response.text());
      const asked = Object.keys(page.fields).join();
      // A form that comes again did not take what was entered.
      if (page.action === undefined || asked === answered) return { message: page.text };
      answered = asked;
      response = await this.request(new URL(page.action, site), this.filled(page));
    }
  }

  private filled({ fields }: Page): URLSearchParams {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(fields)) {
      if (!BUTTONS.includes(name)) body.set(name, this.entries[name] ?? value);
    }
    return body;
  }

  private async request(url: URL, form?: URLSearchParams): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      body: form,
      headers: { cookie },
      redirect: 'manual',
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    return response;
  }
}

function pageOf(html: string): Page {
  const [, action, content = ''] = /<form[^>]*\baction="([^"]+)"[^>]*>([\s\S]*?)<\/form>/.exec(html) ?? [];
  const inputs = [...content.matchAll(/<input\b[^>]*>/g)].map(([tag]) => [
    attribute(tag, 'name'),
    attribute(tag, 'value'),
  ]);
  const fields = Object.fromEntries(inputs.filter(([name]) => name)) as Record<string, string>;
  const body = html.replace(/[\s\S]*<body/, '<body').replace(/<(script|style)[\s\S]*?<\/\1>/g, '');
  return { action: action?.replaceAll('&amp;', '&'), fields, text: body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ') };
}

function attribute(tag: string, name: string): string {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
}
