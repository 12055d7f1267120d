;; Sets what each build of the component sets to something else.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"plan\":{\"config_patch\":{\"build\":\"6f1c0d1e-8a53-4f3c-9f6e-0a1b2c3d4e5f\",\"built_at\":\"2026-11-29T19:21:18Z\",\"built_from\":\"sha256:5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\",\"callback\":\"https://api.example:8443/in\"},\"secrets_patch\":{\"set\":{\"api_key\":{\"redacted\":true,\"value\":null}},\"delete\":[]},\"webhook_ops\":[],\"subscription_ops\":[],\"oauth_ops\":[],\"notes\":[\"build 6f1c0d1e-8a53-4f3c-9f6e-0a1b2c3d4e5f took 12ms\"]}}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 434)))
