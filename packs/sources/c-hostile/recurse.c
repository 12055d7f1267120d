// Recurses with a large frame until the stack is used up.
#include "provisioner.h"
#include <string.h>

static int deep(int n) {
    volatile char frame[256];
    frame[n & 255] = (char)n;
    return deep(n + 1) + frame[n & 255];
}

void exports_greentic_provision_provisioner_plan(exports_greentic_provision_provisioner_provision_inputs_t *inputs,
                                                 exports_greentic_provision_provisioner_provision_plan_t *ret) {
    memset(ret, 0, sizeof *ret);
    ret->webhooks.len = deep((int)inputs->answers.len);
}

void exports_greentic_provision_provisioner_apply(exports_greentic_provision_provisioner_provision_inputs_t *inputs,
                                                  exports_greentic_provision_provisioner_provision_plan_t *plan,
                                                  exports_greentic_provision_provisioner_list_diagnostic_t *ret) {
    (void)inputs, (void)plan;
    ret->ptr = NULL, ret->len = 0;
}
