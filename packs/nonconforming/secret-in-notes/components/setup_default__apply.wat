;; Shows the secret encoded.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"plan\":{\"config_patch\":{\"greeting\":\"hello\",\"trace\":\"746F6B2D346631633961376532623630\"},\"secrets_patch\":{\"set\":{},\"delete\":[]},\"webhook_ops\":[],\"subscription_ops\":[],\"oauth_ops\":[],\"notes\":[\"authorised by a2V5PXRvay00ZjFjOWE3ZTJiNjA=\"]}}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 237)))
