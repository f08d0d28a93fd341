/* creds.h - whom the simulator knows: long-term keys, roles, the credentials
 * that it gave out for them, and its bearer tokens. Internal to sim.
 *
 * Roles are a const table (roles.c). Everything secret here is made up at the
 * start of each run; nothing of it opens anything but this simulator. */
#ifndef ECSDASH_SIM_CREDS_H
#define ECSDASH_SIM_CREDS_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;
struct sim_call;

#define SIM_ACCOUNT "123456789012"
#define SIM_OTHER_ACCOUNT "210987654321"
/* Everybody's device, and the code that it always shows. */
#define SIM_MFA_SERIAL "arn:aws:iam::" SIM_ACCOUNT ":mfa/demo"
#define SIM_MFA_CODE "424242"
/* The client of all sessions of `aws login` on one machine. */
#define SIM_LOGIN_CLIENT "arn:aws:signin:::devtools/same-device"
#define SIM_USERS 8 /* long-term keys beside the first one; the last two are
                        of the other account */

/* Ways to a role. */
enum {
    VIA_ASSUME = 1, /* sts:AssumeRole */
    VIA_WEB = 2,    /* sts:AssumeRoleWithWebIdentity */
    VIA_SSO = 4,    /* sso:GetRoleCredentials */
    VIA_IMDS = 8,
    VIA_CONTAINER = 16,
    VIA_PROCESS = 32,
    VIA_LOGIN = 64, /* signin:CreateOAuth2Token */
};

struct sim_role {
    const char *name, *account;
    unsigned via;
    const char *sso;         /* name of its permission set; NULL = name */
    const char *external_id; /* NULL = none is asked for */
    bool mfa;                /* the device is asked for */
    int max_s;               /* of a session; 0 = 12 hours */
    const char *deny;        /* "ecs:Update*,logs:*"; NULL = nothing */
};
extern const struct sim_role sim_roles[]; /* name NULL ends */

/* By way and name; account NULL = any. NULL when there is none. */
const struct sim_role *sim_role(unsigned via, const char *account,
                                const char *name);
const char *sim_role_sso(const struct sim_role *r);
void sim_role_arn(const struct sim_role *r, char *out, size_t size);
/* The role or user behind an ARN of IAM; -1 when there is none. role NULL:
 * a user. */
int sim_principal(const struct sim *s, const char *arn,
                  const struct sim_role **role);
/* Is "ecs:UpdateService" in a list of patterns? NULL = empty. */
bool sim_listed(const char *patterns, const char *action);

/* Somebody with keys. Owned by the simulator until its end. */
struct sim_ident {
    char key[24], secret[44];
    char *token;    /* NULL: long-term keys, no token may be sent */
    char account[16], arn[200], user_id[120];
    const struct sim_role *role; /* NULL: the first key, or a user */
    bool issued;                 /* here, so it may be written down */
    int64_t expires_ms;          /* 0 = never */
};

/* --sim-creds. 0 = not given: credentials live as long as was asked for. */
struct sim_lives {
    int ttl_s;  /* of credentials that are given out */
    int told_s; /* what is said of that */
    int key_s;  /* of the first key itself */
    int sso_s;  /* of an SSO access token; 8 hours */
    int no_v1, no_v2; /* of IMDS */
};
int sim_lives_parse(struct sim_lives *l, const char *spec, struct err *err);

enum sim_grant {
    GRANT_SSO = 1,
    GRANT_REFRESH,
    GRANT_IMDS,
    GRANT_LOGIN, /* a refresh token of AWS Sign-In */
    GRANT_PROOF  /* the id of a proof that was used */
};

struct sim_creds {
    struct map *idents; /* by key id */
    struct map *grants; /* bearer tokens, by their text */
    struct sim_ident *home;
    struct sim_ident *users[SIM_USERS];
    struct sim_lives lives;
    char web_token[700], container_token[48];
    char client_id[32], client_secret[48];
    char sso_token[64], refresh_token[64]; /* the first ones */
    char login_token[64];          /* of a session of `aws login` */
    char *login_key;               /* its key, PEM */
    unsigned char login_point[65]; /* the public half of it */
};

struct sim_options;
void sim_creds_init(struct sim *s, const struct sim_options *o);
void sim_creds_release(struct sim *s);
/* The session of `aws login` that there is. */
void sim_login_init(struct sim *s);
struct sim_ident *sim_ident(const struct sim *s, const char *key);
bool sim_expired(const struct sim *s, const struct sim_ident *i);

/* New credentials of a role for `seconds`, unless --sim-creds or a fault of
 * this call says otherwise. told_ms: the end that is to be said. secret_told:
 * the secret that is to be said (44 bytes). */
struct sim_ident *sim_issue(struct sim_call *c, const struct sim_role *role,
                            const char *session, int seconds,
                            int64_t *told_ms, char *secret_told);
/* The same for those of the caller. */
struct sim_ident *sim_issue_again(struct sim_call *c, int seconds,
                                  int64_t *told_ms, char *secret_told);

/* A new bearer token that is good for `seconds` (0 = for ever). Borrowed. */
const char *sim_grant_new(struct sim *s, enum sim_grant kind, int seconds);
/* Notes a text that somebody else made up. */
void sim_grant_note(struct sim *s, enum sim_grant kind, const char *text);
/* 0, -1 = not one of ours, -2 = its time is over. */
int sim_grant_check(const struct sim *s, enum sim_grant kind,
                    const char *text);

#endif
