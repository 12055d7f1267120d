// A provisioner in JavaScript, with its language's whole runtime around it.
export const provisioner = {
  plan(inputs) {
    const removed = inputs.mode === "remove";
    const names = inputs.answers.map((answer) => answer.key).sort();
    return {
      configPatch: JSON.stringify({ locale: removed ? null : "en", answered: removed ? null : names }),
      secretsPatch: undefined,
      webhooks: [],
      subscriptions: [
        { action: removed ? "delete" : "create", topic: "messages", endpoint: `${inputs.provider.publicBaseUrl}/messages` },
      ],
      diagnostics: [],
    };
  },
  apply(inputs, plan) {
    return [
      { severity: "info", code: "APPLIED", message: `${plan.subscriptions.length} subscription`, path: undefined, hint: undefined },
    ];
  },
};
