/* A PKCS#11 token (OASIS PKCS #11 v2.40) as keeper of a key that never leaves it: an AES-256 key, made in it, not extractable,
 * enciphers a question; the digest of the answer is what the slot is sealed under. AES-CBC is what every token has. */
#define CRYPTOKI_GNU 1
#include "keys/slot.h"
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include "base/banned.h"

struct token {
    void *library;
    struct ck_function_list *p;
    ck_session_handle_t session;
    bool begun, open;
};

static enum err refused(const char *what, ck_rv_t rv, struct fault *f)
{
    char code[32];
    snprintf(code, sizeof code, "PKCS#11 0x%lx", rv);
    return fault_set(f, rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED ? ERR_KEY : ERR_IO, what, slice_str(code), "want.token");
}

static enum err load(struct token *t, const char *module, struct fault *f)
{
    t->library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList list = NULL;
    if (t->library)
        *(void **)&list = dlsym(t->library, "C_GetFunctionList");
    if (!list || list(&t->p) != CKR_OK)
        return fault_set(f, ERR_NOT_FOUND, "--module", slice_str(module), "want.token");
    struct ck_c_initialize_args args = {.flags = CKF_OS_LOCKING_OK};
    ck_rv_t rv = t->p->C_Initialize(&args);
    t->begun = rv == CKR_OK;
    return rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ? OK : refused("token", rv, f);
}

/* Labels of tokens are 32 bytes, padded with blanks. */
static bool is_labelled(const struct ck_token_info *info, const char *label)
{
    size_t n = strlen(label);
    if (n > sizeof info->label || memcmp(info->label, label, n) != 0)
        return false;
    while (n < sizeof info->label && info->label[n] == ' ')
        n++;
    return n == sizeof info->label;
}

static enum err find_token(struct token *t, const char *label, ck_slot_id_t *out, struct fault *f)
{
    ck_slot_id_t slot[64];
    unsigned long n = 64;
    ck_rv_t rv = t->p->C_GetSlotList(1, slot, &n);
    if (rv != CKR_OK)
        return refused("token", rv, f);
    for (unsigned long i = 0; i < n; i++) {
        struct ck_token_info info;
        if (t->p->C_GetTokenInfo(slot[i], &info) == CKR_OK && is_labelled(&info, label)) {
            *out = slot[i];
            return OK;
        }
    }
    return fault_set(f, ERR_NOT_FOUND, "token", slice_str(label), "want.token");
}

static enum err log_in(struct token *t, const char *label, struct slice pin, struct fault *f)
{
    ck_slot_id_t slot;
    enum err e = find_token(t, label, &slot, f);
    if (e)
        return e;
    ck_rv_t rv = t->p->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &t->session);
    if (rv != CKR_OK)
        return refused("token", rv, f);
    t->open = true;
    rv = t->p->C_Login(t->session, CKU_USER, (unsigned char *)(uintptr_t)pin.p, pin.n);
    return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN ? OK : refused("PIN", rv, f);
}

static enum err make_key(struct token *t, const uint8_t label[16], ck_object_handle_t *out, struct fault *f)
{
    ck_object_class_t class = CKO_SECRET_KEY;
    ck_key_type_t type = CKK_AES;
    unsigned long size = 32;
    unsigned char yes = 1, no = 0;
    struct ck_attribute a[] = {{CKA_CLASS, &class, sizeof class}, {CKA_KEY_TYPE, &type, sizeof type}, {CKA_VALUE_LEN, &size, sizeof size},
        {CKA_TOKEN, &yes, 1}, {CKA_PRIVATE, &yes, 1}, {CKA_SENSITIVE, &yes, 1}, {CKA_EXTRACTABLE, &no, 1}, {CKA_ENCRYPT, &yes, 1},
        {CKA_LABEL, "athar", 5}, {CKA_ID, (void *)(uintptr_t)label, 16}};
    struct ck_mechanism m = {CKM_AES_KEY_GEN, NULL, 0};
    ck_rv_t rv = t->p->C_GenerateKey(t->session, &m, a, sizeof a / sizeof *a, out);
    return rv == CKR_OK ? OK : refused("token", rv, f);
}

static enum err find_key(struct token *t, const uint8_t label[16], ck_object_handle_t *out, struct fault *f)
{
    ck_object_class_t class = CKO_SECRET_KEY;
    struct ck_attribute a[] = {{CKA_CLASS, &class, sizeof class}, {CKA_ID, (void *)(uintptr_t)label, 16}};
    unsigned long n = 0;
    ck_rv_t rv = t->p->C_FindObjectsInit(t->session, a, 2);
    if (rv == CKR_OK)
        rv = t->p->C_FindObjects(t->session, out, 1, &n);
    t->p->C_FindObjectsFinal(t->session);
    if (rv != CKR_OK)
        return refused("token", rv, f);
    return n ? OK : fault_set(f, ERR_KEY, "token", SLICE(""), "want.token_key");
}

static enum err answer(struct token *t, ck_object_handle_t key, const uint8_t question[32], uint8_t out[SEAL_KEY], struct fault *f)
{
    unsigned char zero[16] = {0}, sealed[64];
    unsigned long n = sizeof sealed;
    struct ck_mechanism m = {CKM_AES_CBC, zero, sizeof zero};
    ck_rv_t rv = t->p->C_EncryptInit(t->session, &m, key);
    if (rv == CKR_OK)
        rv = t->p->C_Encrypt(t->session, (unsigned char *)(uintptr_t)question, 32, sealed, &n);
    if (rv != CKR_OK || n != 32)
        return refused("token", rv, f);
    struct hash h = hash_of(sealed, n);
    memcpy(out, h.b, SEAL_KEY);
    seal_wipe(sealed, sizeof sealed);
    seal_wipe(&h, sizeof h);
    return OK;
}

enum err token_answer(const char *module, const char *token, struct slice pin, const uint8_t label[16], const uint8_t question[32], bool make,
    uint8_t out[SEAL_KEY], struct fault *f)
{
    struct token t = {0};
    ck_object_handle_t key;
    enum err e = load(&t, module, f);
    if (!e && !(e = log_in(&t, token, pin, f)) && !(e = make ? make_key(&t, label, &key, f) : find_key(&t, label, &key, f)))
        e = answer(&t, key, question, out, f);
    if (t.open)
        t.p->C_CloseSession(t.session);
    if (t.begun)
        t.p->C_Finalize(NULL);
    if (t.library)
        dlclose(t.library);
    return e;
}
