;; Sets one configuration key and one secret.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"plan\":{\"config_patch\":{\"greeting\":\"hello\"},\"secrets_patch\":{\"set\":{\"api_key\":{\"redacted\":true,\"value\":null}},\"delete\":[]},\"webhook_ops\":[],\"subscription_ops\":[],\"oauth_ops\":[],\"notes\":[\"sets a greeting\"]}}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 207)))
