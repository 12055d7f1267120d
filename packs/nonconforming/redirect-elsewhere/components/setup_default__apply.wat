;; Asks for an authorisation whose code goes to a host of somebody else.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"plan\":{\"config_patch\":{\"greeting\":\"hello\"},\"secrets_patch\":{\"set\":{\"api_key\":{\"redacted\":true,\"value\":null}},\"delete\":[]},\"webhook_ops\":[],\"subscription_ops\":[{\"op\":\"create\",\"id\":\"inbox\",\"notification_url\":\"http://conformance.invalid/inbox\"}],\"oauth_ops\":[{\"op\":\"start\",\"provider\":\"mail\",\"scopes\":[\"read\"],\"redirect_url\":\"https://conformance.invalid.evil.invalid/callback\"}],\"notes\":[\"sets a greeting\"]}}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 406)))
