;; Copies the secret into a note.
(module
  (memory (export "memory") 2)
  (data (i32.const 16) "\"API_KEY\":\"")
  (data (i32.const 1024) "{}")
  (data (i32.const 8192) "{}")
  (func $has (param $hay i32) (param $len i32) (result i32)
    (local $i i32) (local $end i32)
    (if (i32.lt_u (local.get $len) (i32.const 11)) (then (return (i32.const 0))))
    (local.set $end (i32.sub (i32.add (local.get $hay) (local.get $len)) (i32.const 11)))
    (loop $place
      (local.set $i (i32.const 0))
      (block $differs
        (loop $same
          (if (i32.eq (local.get $i) (i32.const 11)) (then (return (i32.add (local.get $hay) (i32.const 11)))))
          (br_if $differs
            (i32.ne
              (i32.load8_u (i32.add (local.get $hay) (local.get $i)))
              (i32.load8_u offset=16 (local.get $i))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $same)))
      (local.set $hay (i32.add (local.get $hay) (i32.const 1)))
      (br_if $place (i32.le_u (local.get $hay) (local.get $end))))
    (i32.const 0))
  (data (i32.const 2048) "{\"plan\":{\"config_patch\":{\"greeting\":\"hello\"},\"secrets_patch\":{\"set\":{},\"delete\":[]},\"webhook_ops\":[],\"subscription_ops\":[],\"oauth_ops\":[],\"notes\":[\"")
  (data (i32.const 4096) "\"]}}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (local $at i32) (local $n i32)
    (local.set $at (call $has (local.get $ptr) (local.get $len)))
    (loop $next
      (if (i32.ne (i32.load8_u (i32.add (local.get $at) (local.get $n))) (i32.const 34))
        (then
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br $next))))
    (memory.copy (i32.const 65536) (i32.const 2048) (i32.const 148))
    (memory.copy (i32.const 65684) (local.get $at) (local.get $n))
    (memory.copy (i32.add (i32.const 65684) (local.get $n)) (i32.const 4096) (i32.const 4))
    (i32.const 65536)
    (i32.add (local.get $n) (i32.const 152))))
