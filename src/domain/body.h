/* The body of a record: what it says, as canonical JSON, and back. One file writes and reads it. Field table in
 * docs/formats/record.md. Pure: sealing and opening are the caller's. */
#ifndef DOMAIN_BODY_H
#define DOMAIN_BODY_H
#include "base/arena.h"
#include "base/cjson.h"
#include "domain/profile.h"

/* Which row of which import said it: claim = HMAC of (source, row key, occurrence), digest = of the row's bytes as mapped. */
struct body_row {
    bool given;
    uint8_t claim[16], digest[16];
};

/* Writes the body of `ev` (neither party names and documents nor free text are written: they go into sections of their own). Parties are written by
 * their number in the header's subject list. ERR_BUG when a party is not in it. */
enum err body_write(const struct event *ev, const struct body_row *row, const struct record_header *h, struct buf *out);
/* Free text ({"circumstances":..,"note":..}) and opinion ({"opinion":..}), each a section of its own; nothing is written when there is none. */
enum err body_write_text(const struct event *ev, struct buf *out);
enum err body_write_opinion(const struct event *ev, struct buf *out);
enum err body_read_text(struct arena *a, struct slice json, struct event *ev);
/* Is who is named in this role a person of a case (found with, suspect, victim, witness ...) and no holder? */
bool body_case_role(struct slice role);
/* {"address":..,"document":..,"name":..} of one party. */
enum err body_write_person(const struct party_ref *p, struct buf *out);

/* The event that the record states under its profile: header fields, body, effects resolved. `kind` NULL (a kind the cited
 * profile does not have) gives an event without effects. ERR_DAMAGED when the body is not canonical JSON, a known member has
 * the wrong type, a term or year is out of range, or a party is none of the record's. Unknown members are passed over. */
enum err body_read(struct arena *a, const struct record *r, struct slice body, const struct profile_kind *kind,
    struct event *out, struct body_row *row);
/* Of a body what it says of the firearm alone: description, external ids, marks; all else of the event is empty. The same errors. */
enum err body_describe(struct arena *a, struct slice body, struct event *out);
/* An event that was just written by body_write, brought to what body_read would give of its record: header fields and effects
 * filled in. Slices are those of the header and the event; supersedes is left to the caller. */
void body_state(struct event *ev, const struct record_header *h, const struct hash *id, const struct profile_kind *kind);
/* Fills names into the party with this id. */
enum err body_read_person(struct arena *a, struct slice json, const struct key_id *id, struct event *ev);
#endif
