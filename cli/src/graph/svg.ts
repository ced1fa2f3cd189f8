import { dot, escaped, SLACK } from './dot.js';
import type { DrawnEdge, Drawing } from './drawing.js';
import { edgeWords, nodeWords } from './words.js';

const FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/** The drawing as SVG, with its connections in words for those who do not see it. */
export async function svg(drawing: Drawing): Promise<string> {
  // Loaded here and not above: it brings Graphviz, which nothing else needs.
  const { instance } = await import('@viz-js/viz');
  const drawn = (await instance()).renderString(dot(drawing), { format: 'svg', engine: 'dot' });
  return described(drawn.slice(drawn.indexOf('<svg')), drawing);
}

function described(drawn: string, drawing: Drawing): string {
  const nodes = new Map(drawing.nodes.map((node, i) => [`node${i + 1}`, nodeWords(node)]));
  const edges = new Map(drawing.edges.map((edge, i) => [`edge${i + 1}`, tooltip(edge, drawing)]));
  const title = 'Who may talk to whom';
  const lines = drawing.edges.map((edge) => edgeWords(edge, drawing));
  const head = `<title id="title">${title}</title>\n<desc id="desc">${escaped(lines.join('\n'))}</desc>\n`;
  return drawn
    .replace(/<!--[^]*?-->\n?/g, '')
    .replace(/<svg /, '<svg role="img" aria-labelledby="title desc" ')
    .replace(/(<svg[^>]*>\n?)/, `$1${head}`)
    .replace(/(<g id="graph\d+" class="graph"[^>]*>)\n?<title>[^<]*<\/title>/, '$1')
    .replace(/(<g id="clust\d+" class="cluster">)\n?<title>[^<]*<\/title>/g, '$1')
    .replace(/(<g id="((?:node|edge)\d+)" class="\w+">\n?)<title>[^<]*<\/title>/g, (_, group: string, id: string) => {
      return `${group}<title>${escaped(nodes.get(id) ?? edges.get(id) ?? '')}</title>`;
    })
    .replace(/font-size="([\d.]+)"/g, (_, size: string) => `font-size="${Number((Number(size) / SLACK).toFixed(2))}"`)
    .replace(/font-family="[^"]*"/g, `font-family="${FONTS}"`);
}

function tooltip(edge: DrawnEdge, drawing: Drawing): string {
  return [edgeWords(edge, drawing), ...edge.because].join('\n');
}
