// A form that does something is sent once: a second press while the answer is on its way would do it twice, or show that it is done already. Without this the
// pages work as well; what must not be done twice the server holds by itself.
const wait = 10_000; // ms: an answer that takes longer may be asked for again

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post' || event.defaultPrevented) return;
  const now = Date.now();
  if (now - Number(form.dataset.sent ?? 0) < wait) event.preventDefault();
  else form.dataset.sent = String(now);
});

// Back shows the page as it was left.
window.addEventListener('pageshow', () => {
  for (const form of document.forms) delete form.dataset.sent;
});
