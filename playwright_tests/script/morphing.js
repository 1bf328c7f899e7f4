// Random trees for the morph's tests, from a seed: a failure can be made again.

function random(seed) {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const TAGS = ["div", "p", "ul", "li", "b", "section"];
const ATTRIBUTES = ["class", "title", "data-a", "hidden"];

// Ids are unique in a tree; both trees of a pair draw from the same ones.
function tree(draw, ids) {
  const free = [...ids];
  const build = (depth) => {
    const children = Array.from({ length: draw(6) }, () => {
      const kind = draw(8);
      if (kind === 0) return document.createComment(`c${draw(4)}`);
      if (kind < 3 || depth > 3) return document.createTextNode(`t${draw(4)}`);
      const node = document.createElement(TAGS[draw(TAGS.length)]);
      if (draw(2) && free.length) {
        [node.id] = free.splice(draw(free.length), 1);
        if (draw(8)) node.dataset.tag = node.id; // its tag hangs on its id, mostly
      }
      for (const name of ATTRIBUTES) if (!draw(4)) node.setAttribute(name, `v${draw(3)}`);
      if (!draw(6)) node.style.color = ["red", "blue"][draw(2)];
      node.append(...build(depth + 1));
      return node;
    });
    return children;
  };
  const root = document.createElement("div");
  root.append(...build(0));
  root.normalize();
  return root;
}

// An operation as text: nodes by id, else by what they contain. What is inserted stands in no document yet.
function told([act, node, ...more]) {
  if (/Before$/.test(act)) {
    const [moved, next] = more;
    return told([moved.ownerDocument === document ? "move" : "insert", moved, node, next]);
  }
  const name = (value) =>
    value instanceof Attr ? `${value.name}=${value.value}`
    : value instanceof Element && value.hasAttribute("id") ? value.getAttribute("id")
    : value instanceof Node ? value.nodeName.toLowerCase() + value.textContent
    : `${value}`;
  return [act, ...[node, ...more].map(name)].join(" ");
}

// Makes both trees, plans and performs in the page, and says what was planned and what came out.
async function morph(from, to, options) {
  const { plan, perform } = await import("/static/dfws_html/morph.js");
  const root = Object.assign(document.createElement("div"), { id: "root", innerHTML: from });
  document.body.replaceChildren(root);
  document.querySelector("[data-focus]")?.focus();
  const inert = document.implementation.createHTMLDocument();
  const holder = Object.assign(inert.createElement("div"), { innerHTML: to });
  const operations = plan(root, holder, options.outer, () => true);
  const planned = operations.map(told);
  perform(operations);
  return [planned, root.innerHTML];
}
