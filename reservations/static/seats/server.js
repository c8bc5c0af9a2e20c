// One call that changes something: a job, whose answer is awaited. A refusal is an answer too; so is a browser that keeps no cookie.
const token = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";

export async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token(), Prefer: "wait=10" },
      body: JSON.stringify(body),
    });
  } catch {
    return refused("offline", "There is no connection. Nothing was changed; try it again.");
  }
  if (answer.status === 401) return refused("nobody", "Nobody knows whose seats these would be: your browser keeps no cookies here, or you were forgotten. Load the page again, or sign in.");
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 200 && said.result) return said.result;
  if (answer.status === 202) return refused("slow", "This takes longer than usual. Your seats will appear here in a moment.");
  return refused(said.code ?? "failed", said.detail ?? "That did not work. Nothing was changed; try it again.");
}

const refused = (code, message) => ({ outcome: "refused", code, message, taken: [], alternative: [] });
