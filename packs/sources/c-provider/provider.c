// A provisioner in C: one configuration key, one secret, one webhook.
#include "provisioner.h"
#include <stdlib.h>
#include <string.h>

typedef exports_greentic_provision_provisioner_provision_inputs_t inputs_t;
typedef exports_greentic_provision_provisioner_provision_plan_t plan_t;
typedef exports_greentic_provision_provisioner_list_diagnostic_t diagnostics_t;
typedef exports_greentic_provision_provisioner_webhook_op_t webhook_t;

// `base` and `tail` as one string of the component's own.
static void join(provisioner_string_t *out, const provisioner_string_t *base, const char *tail) {
    size_t length = strlen(tail);
    out->len = base->len + length;
    out->ptr = malloc(out->len);
    memcpy(out->ptr, base->ptr, base->len);
    memcpy(out->ptr + base->len, tail, length);
}

static const provisioner_string_t *answer(const inputs_t *inputs, const char *key) {
    for (size_t i = 0; i < inputs->answers.len; i++) {
        const provisioner_string_t *name = &inputs->answers.ptr[i].key;
        if (name->len == strlen(key) && memcmp(name->ptr, key, name->len) == 0) {
            return &inputs->answers.ptr[i].value;
        }
    }
    return NULL;
}

void exports_greentic_provision_provisioner_plan(inputs_t *inputs, plan_t *ret) {
    memset(ret, 0, sizeof *ret);
    int removed = inputs->mode == EXPORTS_GREENTIC_PROVISION_PROVISIONER_PROVISION_MODE_REMOVE;
    ret->config_patch.is_some = true;
    provisioner_string_dup(&ret->config_patch.val, removed ? "{\"region\":null}" : "{\"region\":\"eu\"}");
    ret->secrets_patch.is_some = true;
    provisioner_string_dup(&ret->secrets_patch.val,
        removed ? "{\"set\":{},\"delete\":[\"API_KEY\"]}" : "{\"set\":{\"API_KEY\":\"<redacted>\"},\"delete\":[]}");
    webhook_t *hook = malloc(sizeof *hook);
    memset(hook, 0, sizeof *hook);
    hook->action = removed ? EXPORTS_GREENTIC_PROVISION_PROVISIONER_WEBHOOK_ACTION_DELETE
                           : EXPORTS_GREENTIC_PROVISION_PROVISIONER_WEBHOOK_ACTION_CREATE;
    provisioner_string_dup(&hook->name, "events");
    provisioner_string_t empty = {0};
    const provisioner_string_t *base = &inputs->provider.public_base_url.val;
    join(&hook->url, inputs->provider.public_base_url.is_some ? base : &empty, "/events");
    ret->webhooks.ptr = hook;
    ret->webhooks.len = 1;
}

void exports_greentic_provision_provisioner_apply(inputs_t *inputs, plan_t *plan, diagnostics_t *ret) {
    ret->ptr = malloc(sizeof *ret->ptr);
    ret->len = 1;
    memset(ret->ptr, 0, sizeof *ret->ptr);
    provisioner_string_dup(&ret->ptr->severity, "info");
    provisioner_string_dup(&ret->ptr->code, "APPLIED");
    const provisioner_string_t *name = answer(inputs, "name");
    provisioner_string_t hello;
    provisioner_string_set(&hello, "set up for ");
    if (name) {
        hello.len = strlen("set up for ");
        ret->ptr->message.len = hello.len + name->len;
        ret->ptr->message.ptr = malloc(ret->ptr->message.len);
        memcpy(ret->ptr->message.ptr, hello.ptr, hello.len);
        memcpy(ret->ptr->message.ptr + hello.len, name->ptr, name->len);
    } else {
        provisioner_string_dup(&ret->ptr->message, "set up");
    }
    (void)plan;
}
