;; Writes state when it is carried out, and does not look at the result.
(component
  (import "greentic:state/state-store@1.0.0" (instance $store
    (type $error0 (record (field "code" string) (field "message" string)))
    (export "host-error" (type $error (eq $error0)))
    (type $ack0 (enum "ok"))
    (export "op-ack" (type $ack (eq $ack0)))
    (export "write" (func (param "key" string) (param "bytes" (list u8)) (result (result $ack (error $error)))))))
  (core module $libc
    (memory (export "memory") 24)
    (global $next (mut i32) (i32.const 8192))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (core func $write (canon lower (func $store "write") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $step
    (import "libc" "memory" (memory 1))
    (import "host" "write" (func $write (param i32 i32 i32 i32 i32)))
    (data (i32.const 16) "\"mode\":\"install\"")
    (data (i32.const 64) "cursor")
    (data (i32.const 1024) "{\"plan\":{\"config_patch\":{\"greeting\":\"hello\"},\"secrets_patch\":{\"set\":{},\"delete\":[]},\"webhook_ops\":[],\"subscription_ops\":[],\"oauth_ops\":[],\"notes\":[]}}")
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
        (then (call $write (i32.const 64) (i32.const 6) (i32.const 64) (i32.const 6) (i32.const 128))))
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store (i32.const 4) (i32.const 1024))
      (i32.store (i32.const 8) (i32.const 150))
      (i32.const 0)))
  (core instance $i (instantiate $step
    (with "libc" (instance $libc))
    (with "host" (instance
      (export "write" (func $write))))))
  (func (export "run") (param "input" string) (result (result string (error string)))
    (canon lift (core func $i "run")
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
