;; Sets a greeting, a secret and a webhook.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"plan\":{\"config_patch\":{\"greeting\":\"hello\",\"room\":\"blue\"},\"secrets_patch\":{\"set\":{\"API_KEY\":{\"redacted\":true,\"value\":null}},\"delete\":[]},\"webhook_ops\":[{\"op\":\"register\",\"id\":\"hook\",\"url\":\"https://conformance.invalid/hook\"}],\"subscription_ops\":[],\"oauth_ops\":[],\"notes\":[\"sets a greeting\"]}}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 291)))
