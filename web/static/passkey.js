// Asks the device for a passkey and sends its answer as the form that holds the question. Everything else works without this; where it cannot work the forms stay hidden.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const listed = (form) => form.dataset.list.split(' ').filter(Boolean).map((id) => ({ type: 'public-key', id: bytes(id) }));

async function create(form) {
  const { challenge, host, account, login } = form.dataset;
  const key = await navigator.credentials.create({ publicKey: {
    challenge: bytes(challenge),
    rp: { id: host, name: 'Athar' },
    user: { id: Uint8Array.from(account.match(/../g), (h) => parseInt(h, 16)), name: login, displayName: login },
    pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    attestation: 'none',
    excludeCredentials: listed(form),
  } });
  return { client_data: key.response.clientDataJSON, data: key.response.attestationObject };
}

async function get(form) {
  const { challenge, host } = form.dataset;
  const key = await navigator.credentials.get({ publicKey: { challenge: bytes(challenge), rpId: host, userVerification: 'required', allowCredentials: listed(form) } });
  return { credential: key.rawId, client_data: key.response.clientDataJSON, data: key.response.authenticatorData, signature: key.response.signature };
}

function fill(form, name, value) {
  const field = form.elements.namedItem(name) ?? form.appendChild(Object.assign(document.createElement('input'), { type: 'hidden', name }));
  field.value = value;
}

// While the device asks, that it does; then the answer goes, or what was wrong stands there: the one that fits the error, else the general one.
for (const form of window.PublicKeyCredential ? document.querySelectorAll('form[data-challenge]') : []) {
  const waits = form.querySelector('[role=status]');
  const alerts = [...form.querySelectorAll('[role=alert]')];
  form.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!waits.hidden) return; // it is asking already
    for (const alert of alerts) alert.hidden = true;
    waits.hidden = false;
    try {
      const answer = await (form.dataset.do === 'create' ? create : get)(form);
      for (const [name, buffer] of Object.entries(answer)) fill(form, name, text(buffer));
      fill(form, 'challenge', form.dataset.challenge);
      form.submit();
    } catch (error) {
      waits.hidden = true;
      (alerts.find((a) => a.dataset.error === error.name) ?? alerts.find((a) => !a.dataset.error)).hidden = false;
    }
  });
}
