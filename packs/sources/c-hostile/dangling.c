// Answers with a list that is not there.
#include "provisioner.h"
#include <string.h>

void exports_greentic_provision_provisioner_plan(exports_greentic_provision_provisioner_provision_inputs_t *inputs,
                                                 exports_greentic_provision_provisioner_provision_plan_t *ret) {
    (void)inputs;
    memset(ret, 0, sizeof *ret);
    // A list of a milliard webhooks, of which there is none.
    ret->webhooks.ptr = (void *)64;
    ret->webhooks.len = 1 << 30;
}

void exports_greentic_provision_provisioner_apply(exports_greentic_provision_provisioner_provision_inputs_t *inputs,
                                                  exports_greentic_provision_provisioner_provision_plan_t *plan,
                                                  exports_greentic_provision_provisioner_list_diagnostic_t *ret) {
    (void)inputs, (void)plan;
    ret->ptr = NULL, ret->len = 0;
}
