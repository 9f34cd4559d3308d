/* The key store: ways to the master key, lock and quorum; its backup; stores of the first version. */
#include "base/file.h"
#include "keys/backup.h"
#include "keys/keys_old.h"
#include "keys_help.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* ---- slots ---- */

static void locked_but_for_a_quorum(void **state)
{
    make();
    struct share s[5];
    struct key_store *k = open_store(KEYS_WRITE), *r = open_store(KEYS_READ), *none;
    struct fault f = {0};
    uint8_t key[32], before[32];
    char master[160];
    add(k, 0, 10);
    assert_int_equal(get(r, 3, before), OK);
    assert_int_equal(keys_lock(dir, &f), ERR_REFUSED); /* no share set: it would be for ever */
    assert_string_equal(f.want, "want.share_set");
    assert_int_equal(quorum(k, 3, 5, s).code, OK);
    struct key_erased x = erased_of(k, 9); /* a fresh master reaches the shares that lie in five drawers */
    assert_int_equal(keys_erase(k, &x, 1, NULL), OK);
    assert_int_equal(keys_lock(dir, &f), OK);
    assert_int_equal(get(r, 3, key), ERR_LOCKED); /* those that were open */
    assert_int_equal(get(k, 3, key), ERR_LOCKED);
    assert_int_equal(keys_look(r, &f), ERR_LOCKED);
    struct subject_id late = person(77);
    assert_int_equal(keys_person_new(k, &late, key, NULL), ERR_LOCKED);
    assert_int_equal(keys_flush(k, NULL), ERR_LOCKED);
    assert_true(r->master[0] == 0 && sodium_is_zero(r->master, 32) && sodium_is_zero(r->secret, 32));
    assert_int_equal(keys_open(dir, KEYS_READ, &none, &f), ERR_LOCKED);
    assert_int_equal(keys_open(dir, KEYS_WRITE, &none, &f), ERR_LOCKED);
    path_of("master", master);
    assert_int_not_equal(access(master, F_OK), 0);
    assert_int_equal(keys_unlock(dir, s, 2, &f), ERR_RANGE);
    assert_string_equal(f.value, "2/3");
    struct share wrong[3] = {s[0], s[1], s[2]};
    wrong[1].y[5] ^= 1;
    assert_int_equal(keys_unlock(dir, wrong, 3, &f), ERR_KEY);
    struct share quorate[3] = {s[4], s[0], s[2]};
    assert_int_equal(keys_unlock(dir, quorate, 3, &f), OK);
    assert_int_equal(get(r, 3, key), OK); /* and the same readers go on */
    assert_memory_equal(key, before, 32);
    assert_int_equal(get(r, 9, key), ERR_NOT_FOUND);
    keys_close(k);
    keys_close(r);
    k = open_store(KEYS_WRITE);
    add(k, 100, 105);
    assert_int_equal(keys_lock(dir, NULL), OK);
    assert_int_equal(keys_unlock(dir, s, 5, NULL), OK);
    keys_close(k);
}

static void write_file(const char *path, const char *text)
{
    assert_int_equal(file_replace(path, slice_str(text), 0600, NULL), OK);
}

static void a_passphrase_opens_it(void **state)
{
    make();
    char pass[160];
    uint8_t key[32];
    struct key_slot slot;
    struct key_store *k = open_store(KEYS_WRITE);
    struct fault f = {0};
    add(k, 0, 10);
    assert_int_equal(slot_passphrase(SLICE("short"), 1, 64, keys_master(k), &slot, &f), ERR_RANGE);
    assert_int_equal(slot_passphrase(SLICE("seven white herons"), 1, 64, keys_master(k), &slot, &f), OK);
    assert_int_equal(keys_set_master(k, &slot, &f), OK);
    keys_close(k);
    char master[160];
    path_of("master", master);
    assert_int_not_equal(access(master, F_OK), 0);
    unsetenv("ATHAR_PASSPHRASE_FILE");
    assert_int_equal(keys_open(dir, KEYS_READ, &k, &f), ERR_NOT_FOUND);
    assert_string_equal(f.want, "want.passphrase_file");
    snprintf(pass, sizeof pass, "%s/pass", dir);
    setenv("ATHAR_PASSPHRASE_FILE", pass, 1);
    write_file(pass, "seven white heron\n");
    assert_int_equal(keys_open(dir, KEYS_READ, &k, &f), ERR_KEY);
    write_file(pass, "seven white herons\n");
    k = open_store(KEYS_WRITE);
    assert_int_equal(get(k, 4, key), OK);
    struct key_erased x = erased_of(k, 4);
    unsetenv("ATHAR_PASSPHRASE_FILE"); /* an erasure needs it no second time */
    assert_int_equal(keys_erase(k, &x, 1, &f), OK);
    assert_int_equal(get(k, 5, key), OK);
    keys_close(k);
    setenv("ATHAR_PASSPHRASE_FILE", pass, 1);
    keys_close(open_store(KEYS_READ));
    unsetenv("ATHAR_PASSPHRASE_FILE");
}

/* SoftHSM, the token of OpenDNSSEC, in a folder of the test's own. */
static void a_token_opens_it(void **state)
{
    static const char module[] = "/usr/lib/softhsm/libsofthsm2.so";
    char conf[160], text[256], command[256], pin[160];
    uint8_t key[32];
    struct key_slot slot;
    struct fault f = {0};
    make();
    snprintf(conf, sizeof conf, "%s/softhsm2.conf", dir);
    snprintf(text, sizeof text, "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", dir);
    write_file(conf, text);
    snprintf(command, sizeof command, "mkdir '%s/tokens' && softhsm2-util --init-token --free --label 'office one' --so-pin 4321 --pin 987654 >/dev/null",
        dir);
    setenv("SOFTHSM2_CONF", conf, 1);
    assert_int_equal(system(command), 0);
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 10);
    assert_int_equal(slot_token(slice_str(module), SLICE("office two"), SLICE("987654"), keys_master(k), &slot, &f), ERR_NOT_FOUND);
    assert_int_equal(slot_token(slice_str(module), SLICE("office one"), SLICE("111111"), keys_master(k), &slot, &f), ERR_KEY);
    if (slot_token(slice_str(module), SLICE("office one"), SLICE("987654"), keys_master(k), &slot, &f))
        fail_msg("token: %s %s", f.field, f.value);
    assert_int_equal(keys_set_master(k, &slot, &f), OK);
    keys_close(k);
    unsetenv("ATHAR_PIN_FILE");
    assert_int_equal(keys_open(dir, KEYS_READ, &k, &f), ERR_NOT_FOUND);
    snprintf(pin, sizeof pin, "%s/pin", dir);
    setenv("ATHAR_PIN_FILE", pin, 1);
    write_file(pin, "987654\n");
    k = open_store(KEYS_WRITE);
    struct key_erased x = erased_of(k, 4);
    assert_int_equal(keys_erase(k, &x, 1, &f), OK);
    assert_int_equal(get(k, 5, key), OK);
    struct keys_status s;
    assert_int_equal(keys_status(dir, k, &s, NULL), OK);
    assert_true(s.slot_count == 1 && s.slot[0].type == KEY_SLOT_TOKEN && !strcmp(s.slot[0].where, "office one") && s.persons == 9);
    keys_close(k);
    snprintf(command, sizeof command, "rm -rf '%s/tokens'/*", dir); /* the token is lost */
    assert_int_equal(system(command), 0);
    assert_int_equal(keys_open(dir, KEYS_READ, &k, &f), ERR_NOT_FOUND);
    unsetenv("ATHAR_PIN_FILE");
}

/* ---- backup ---- */

static void a_backup_gives_back_all_but_the_erased(void **state)
{
    make();
    char file[160];
    uint8_t key[32], before[32];
    struct fault f = {0};
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 30);
    assert_int_equal(get(k, 5, before), OK);
    snprintf(file, sizeof file, "%s/backup", dir);
    assert_int_equal(keys_backup(k, file, 1000, 1000, &f), ERR_RANGE);
    assert_int_equal(keys_backup(k, file, 1000, 2000, &f), OK);
    add(k, 30, 40);
    struct key_erased x = erased_of(k, 8);
    assert_int_equal(keys_erase(k, &x, 1, NULL), OK);
    keys_close(k);
    assert_int_equal(keys_restore(dir, file, 2000, NULL, 0, &f), ERR_REFUSED); /* the day itself is too late */
    assert_string_equal(f.want, "want.backup_not_expired");
    assert_int_equal(keys_restore(dir, file, 1999, NULL, 0, &f), OK);
    k = open_store(KEYS_WRITE);
    assert_int_equal(get(k, 5, key), OK);
    assert_memory_equal(key, before, 32);
    assert_int_equal(get(k, 8, key), ERR_NOT_FOUND);  /* erased after the backup, and the list knows it */
    assert_int_equal(get(k, 35, key), ERR_NOT_FOUND); /* not there yet when it was made */
    keys_close(k);
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(file_read(file, &b, NULL), OK);
    for (size_t at = 0; at < b.n; at += 11) { /* also the day of expiry */
        b.p[at] ^= 1;
        assert_int_equal(file_replace(file, buf_view(&b), 0600, NULL), OK);
        enum err e = keys_restore(dir, file, 1500, NULL, 0, &f);
        assert_true(e == ERR_DAMAGED || e == ERR_KEY || e == ERR_NOT_FOUND || e == ERR_CONFLICT);
        b.p[at] ^= 1;
    }
    buf_free(&b);
}

static void a_lost_store_comes_back_with_a_quorum(void **state)
{
    make();
    struct share s[3];
    char file[160], command[200];
    uint8_t key[32];
    struct fault f = {0};
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 30);
    assert_int_equal(quorum(k, 2, 3, s).code, OK);
    snprintf(file, sizeof file, "%s/backup", dir);
    assert_int_equal(keys_backup(k, file, 1000, 2000, &f), OK);
    keys_close(k);
    snprintf(command, sizeof command, "rm -rf '%s/keystore'", dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(keys_restore(dir, file, 1500, NULL, 0, &f), ERR_NOT_FOUND); /* the master file */
    assert_int_equal(keys_restore(dir, file, 1500, s, 1, &f), ERR_RANGE);
    assert_string_equal(f.value, "1/2");
    assert_int_equal(keys_restore(dir, file, 1500, s + 1, 2, &f), OK);
    k = open_store(KEYS_WRITE);
    assert_int_equal(get(k, 5, key), OK);
    keys_close(k);
    drop_dir(dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    make(); /* another register's store is not written over */
    assert_int_equal(file_replace(file, SLICE("ATHRKBK2"), 0600, NULL), OK);
    assert_int_equal(keys_restore(dir, file, 1500, s, 3, &f), ERR_DAMAGED);
}

/* What was erased since the backup stays on the list, and is on it once, however often it is restored and erased again. */
static void a_restore_again_leaves_the_list_as_it_was(void **state)
{
    make();
    char file[160];
    uint8_t key[32];
    struct fault f = {0};
    struct keys_status is;
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 30);
    snprintf(file, sizeof file, "%s/backup", dir);
    struct key_erased before = erased_of(k, 3), since[2] = {erased_of(k, 7), erased_of(k, 9)};
    assert_int_equal(keys_erase(k, &before, 1, &f), OK);
    assert_int_equal(keys_backup(k, file, 1000, 2000, &f), OK);
    assert_int_equal(keys_erase(k, since, 2, &f), OK);
    keys_close(k);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(keys_restore(dir, file, 1500, NULL, 0, &f), OK);
        k = open_store(KEYS_WRITE);
        since[0].at += 1000; /* as a restore of the records does it again, later */
        assert_int_equal(keys_erase(k, since, 2, &f), OK);
        assert_int_equal(get(k, 5, key), OK);
        for (unsigned n = 3; n <= 9; n += n == 3 ? 4 : 2)
            assert_int_equal(get(k, n, key), ERR_NOT_FOUND);
        keys_close(k);
        assert_int_equal(keys_status(dir, NULL, &is, &f), OK);
        assert_int_equal(is.erased, 3);
    }
}

/* Killed between the two renames that change the stores: the same command goes on, and who was erased since the backup stays erased. */
static void a_restore_killed_between_its_renames(void **state)
{
    make();
    char file[160], command[200];
    uint8_t key[32];
    struct fault f = {0};
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 30);
    snprintf(file, sizeof file, "%s/backup", dir);
    assert_int_equal(keys_backup(k, file, 1000, 2000, &f), OK);
    struct key_erased x = erased_of(k, 7);
    assert_int_equal(keys_erase(k, &x, 1, &f), OK);
    keys_close(k);
    snprintf(command, sizeof command, "cd '%s' && cp -r keystore keystore.new && mv keystore keystore.old", dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(keys_open(dir, KEYS_READ, &k, &f), ERR_NOT_FOUND);
    assert_int_equal(keys_restore(dir, file, 1500, NULL, 0, &f), OK);
    k = open_store(KEYS_WRITE);
    assert_int_equal(get(k, 5, key), OK);
    assert_int_equal(get(k, 7, key), ERR_NOT_FOUND);
    keys_close(k);
    snprintf(file, sizeof file, "%s/keystore.old", dir);
    assert_int_not_equal(access(file, F_OK), 0);
}

/* A register goes from machine to machine, each time by its shares: the master file of the machine that was lost opens nothing any more, and there
 * is always room for one way more. */
static void each_loss_leaves_one_way(void **state)
{
    make();
    struct share s[3];
    char file[160], master[160], words[160], command[200];
    struct buf before, lost;
    struct keys_status is;
    struct key_slot pass;
    struct fault f = {0};
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 5);
    assert_int_equal(quorum(k, 2, 3, s).code, OK);
    keys_close(k);
    path_of("master", master);
    snprintf(file, sizeof file, "%s/backup", dir);
    snprintf(command, sizeof command, "rm -rf '%s/keystore'", dir);
    buf_init(&lost, 64);
    assert_int_equal(file_read(master, &lost, NULL), OK);
    for (int i = 0; i < 2 * KEY_SLOTS; i++) {
        k = open_store(KEYS_WRITE);
        assert_int_equal(keys_backup(k, file, 1000, 2000, &f), OK);
        keys_close(k);
        assert_int_equal(system(command), 0);
        assert_int_equal(keys_restore(dir, file, 1500, s, 2, &f), OK);
        assert_int_equal(keys_unlock(dir, s, 3, &f), OK); /* it was open: no harm */
        assert_int_equal(keys_status(dir, NULL, &is, &f), OK);
        assert_int_equal(is.slot_count, 2);
    }
    buf_init(&before, 64);
    assert_int_equal(file_read(master, &before, NULL), OK);
    assert_int_equal(file_replace(master, buf_view(&lost), 0600, NULL), OK);
    assert_int_equal(keys_open(dir, KEYS_READ, &k, &f), ERR_KEY);
    assert_int_equal(file_replace(master, buf_view(&before), 0600, NULL), OK);
    k = open_store(KEYS_WRITE);
    assert_int_equal(slot_passphrase(SLICE("seven white herons"), 1, 64, keys_master(k), &pass, &f), OK);
    assert_int_equal(keys_set_master(k, &pass, &f), OK);
    snprintf(words, sizeof words, "%s/pass", dir);
    write_file(words, "seven white herons\n");
    setenv("ATHAR_PASSPHRASE_FILE", words, 1);
    assert_int_equal(keys_backup(k, file, 1000, 2000, &f), OK);
    unsetenv("ATHAR_PASSPHRASE_FILE");
    keys_close(k);
    assert_int_equal(system(command), 0);
    assert_int_equal(keys_restore(dir, file, 1500, s, 2, &f), OK);
    assert_int_equal(keys_status(dir, NULL, &is, &f), OK);
    assert_int_equal(is.slot_count, 3); /* the passphrase was not lost with the disk */
    k = open_store(KEYS_WRITE);
    assert_int_equal(slot_passphrase(SLICE("eight white herons"), 1, 64, keys_master(k), &pass, &f), OK);
    assert_int_equal(keys_set_master(k, &pass, &f), OK); /* the only master from now on */
    keys_close(k);
    assert_int_equal(keys_status(dir, NULL, &is, &f), OK);
    assert_int_equal(is.slot_count, 2);
    assert_int_not_equal(access(master, F_OK), 0);
    buf_free(&before);
    buf_free(&lost);
}

/* ---- version 1 ---- */

static void an_old_key_file_becomes_a_store(void **state)
{
    static const char text[] = "athar-keys 1\n"
        "register_id 000102030405060708090a0b0c0d0e0f\n"
        "register 1111111111111111111111111111111111111111111111111111111111111111\n"
        "person_root 0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b\n"
        "import 2222222222222222222222222222222222222222222222222222222222222222\n"
        "blind 3333333333333333333333333333333333333333333333333333333333333333\n"
        "index 4444444444444444444444444444444444444444444444444444444444444444\n";
    char path[160];
    uint8_t want[32], key[32], root[32];
    struct keys keys;
    struct subject_id id = person(1);
    memset(root, 0x0b, sizeof root);
    hash_hmac(root, id.b, 16, want);
    snprintf(path, sizeof path, "%s/keys", dir);
    write_file(path, text);
    struct key_store *k = open_store(KEYS_READ);
    assert_int_equal(get(k, 1, key), OK);
    assert_memory_equal(key, want, 32);
    keys_close(k);
    assert_int_equal(keys_create(dir, source_random, &src, NULL), ERR_EXISTS);
    for (int given_up = 1; given_up >= 0; given_up--) {
        assert_int_equal(keys_upgrade_begin(dir, &k, NULL), OK);
        assert_int_equal(keys_upgrade_person(k, &id, NULL), OK);
        assert_int_equal(keys_upgrade_person(k, &id, NULL), OK);
        if (given_up)
            keys_close(k);
        else
            assert_int_equal(keys_upgrade_end(k, NULL), OK);
    }
    assert_int_not_equal(access(path, F_OK), 0);
    k = open_store(KEYS_WRITE);
    assert_int_equal(get(k, 1, key), OK);
    assert_memory_equal(key, want, 32);
    assert_int_equal(get(k, 2, key), ERR_NOT_FOUND); /* the root is gone */
    keys_copy(k, &keys);
    assert_true(keys.reg[5] == 0x11 && keys.import[0] == 0x22 && keys.blind[31] == 0x33 && keys.index[9] == 0x44);
    keys_close(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {T(locked_but_for_a_quorum), T(a_passphrase_opens_it), T(a_token_opens_it),
        T(a_backup_gives_back_all_but_the_erased), T(a_lost_store_comes_back_with_a_quorum), T(a_restore_killed_between_its_renames), T(a_restore_again_leaves_the_list_as_it_was), T(each_loss_leaves_one_way),
        T(an_old_key_file_becomes_a_store)};
    if (seal_init())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
