// One call of the staff's pages: JSON there and back; what is refused comes as {detail}.
export async function send(path, body) {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body: JSON.stringify(body) });
    const said = await answer.json();
    return answer.ok ? said : { detail: said.detail ?? "That did not work. Nothing was changed." };
  } catch {
    return { detail: "There is no answer. Nothing was changed; try it again." };
  }
}
