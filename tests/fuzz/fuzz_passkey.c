/* What an authenticator and a browser send: as attestation object, as authenticator data, as client data, as key. */
#include <stdlib.h>
#include "people/passkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char create[] = "{\"type\":\"webauthn.create\",\"challenge\":\"c\",\"origin\":\"https://a\"}",
                      get[] = "{\"type\":\"webauthn.get\",\"challenge\":\"c\",\"origin\":\"https://a\"}";
    const struct passkey_asked asked = {SLICE("c"), SLICE("https://a"), SLICE("register.example")};
    const struct slice all = slice_of((const char *)data, n);
    const struct passkey_answer as_object = {SLICE(create), all, {0}}, as_data = {SLICE(get), all, SLICE("0")}, as_client = {all, all, SLICE("0")};
    struct passkey key = {0}, known = {.public_n = n <= sizeof known.public_key ? n : 0};
    int64_t counter;
    struct fault f = {0};
    if (!passkey_register(&asked, &as_object, &key, &f) && (!key.id_n || key.id_n > sizeof key.id || !key.public_n || key.public_n > sizeof key.public_key))
        abort();
    memcpy(known.public_key, data, known.public_n);
    if (!passkey_verify(&asked, &as_data, &known, &counter, &f) || !passkey_verify(&asked, &as_client, &known, &counter, &f))
        abort(); /* a signature of one byte */
    return 0;
}
