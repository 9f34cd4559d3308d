/* What each form of a session carries, so that a page of another site cannot send one: 32 hexadecimal digits, HMAC-SHA-256 under a key made
 * of the session's cookie. Needs no header of the store. */
#ifndef PEOPLE_FORM_TOKEN_H
#define PEOPLE_FORM_TOKEN_H
#include "base/slice.h"

void session_form_token(struct slice cookie, char out[33]);
/* In constant time. */
bool session_form_holds(struct slice cookie, struct slice token);
#endif
