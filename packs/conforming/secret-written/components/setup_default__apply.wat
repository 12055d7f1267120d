;; Makes a signing key of its own, and stores it when it is carried out.
(component
  (import "greentic:secrets-store/secrets-store@1.1.0" (instance $store
    (export "put" (func (param "key" string) (param "value" (list u8))))))
  (core module $libc
    (memory (export "memory") 24)
    (global $next (mut i32) (i32.const 8192))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (core func $put (canon lower (func $store "put") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $step
    (import "libc" "memory" (memory 1))
    (import "host" "put" (func $put (param i32 i32 i32 i32)))
    (data (i32.const 16) "\"mode\":\"install\"")
    (data (i32.const 64) "signing_key")
    (data (i32.const 96) "k-7f3a9c51d2e8")
    (data (i32.const 1024) "{\"plan\":{\"config_patch\":{\"greeting\":\"hello\"},\"secrets_patch\":{\"set\":{\"signing_key\":\"<redacted>\"},\"delete\":[]},\"webhook_ops\":[],\"subscription_ops\":[],\"oauth_ops\":[],\"notes\":[]}}")
    (func $has (param $hay i32) (param $len i32) (result i32)
      (local $i i32) (local $end i32)
      (if (i32.lt_u (local.get $len) (i32.const 16)) (then (return (i32.const 0))))
      (local.set $end (i32.sub (i32.add (local.get $hay) (local.get $len)) (i32.const 16)))
      (loop $place
        (local.set $i (i32.const 0))
        (block $differs
          (loop $same
            (if (i32.eq (local.get $i) (i32.const 16)) (then (return (i32.const 1))))
            (br_if $differs
              (i32.ne
                (i32.load8_u (i32.add (local.get $hay) (local.get $i)))
                (i32.load8_u offset=16 (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $same)))
        (local.set $hay (i32.add (local.get $hay) (i32.const 1)))
        (br_if $place (i32.le_u (local.get $hay) (local.get $end))))
      (i32.const 0))
    (func (export "run") (param $ptr i32) (param $len i32) (result i32)
      (if (call $has (local.get $ptr) (local.get $len))
        (then (call $put (i32.const 64) (i32.const 11) (i32.const 96) (i32.const 14))))
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store (i32.const 4) (i32.const 1024))
      (i32.store (i32.const 8) (i32.const 176))
      (i32.const 0)))
  (core instance $i (instantiate $step
    (with "libc" (instance $libc))
    (with "host" (instance
      (export "put" (func $put))))))
  (func (export "run") (param "input" string) (result (result string (error string)))
    (canon lift (core func $i "run")
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
