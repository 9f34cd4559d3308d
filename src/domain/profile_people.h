/* Private to domain/profile: the member "people" of a profile. */
#ifndef DOMAIN_PROFILE_PEOPLE_H
#define DOMAIN_PROFILE_PEOPLE_H
#include <jansson.h>
#include "base/err.h"
#include "domain/profile.h"

/* ERR_FORMAT, ERR_UNKNOWN_CODE, ERR_RANGE: fault.field is the path ("people.roles.auditor.rights"). json NULL: the profile has none.
 * p: its kinds, which are read. */
enum err profile_people_read(const json_t *json, const struct profile *p, struct profile_people *out, struct fault *f);
#endif
