// Asks for memory and writes to it until there is none left.
#include "provisioner.h"
#include <stdlib.h>
#include <string.h>

void exports_greentic_provision_provisioner_plan(exports_greentic_provision_provisioner_provision_inputs_t *inputs,
                                                 exports_greentic_provision_provisioner_provision_plan_t *ret) {
    (void)inputs;
    memset(ret, 0, sizeof *ret);
    for (;;) {
        volatile char *block = malloc(1 << 20);
        block[(1 << 20) - 1] = 1;
    }
}

void exports_greentic_provision_provisioner_apply(exports_greentic_provision_provisioner_provision_inputs_t *inputs,
                                                  exports_greentic_provision_provisioner_provision_plan_t *plan,
                                                  exports_greentic_provision_provisioner_list_diagnostic_t *ret) {
    (void)inputs, (void)plan;
    ret->ptr = NULL, ret->len = 0;
}
