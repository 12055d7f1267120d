;; Puts the public base URL in front of the path of its webhook, also if there is none.
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "\"public_base_url\":\"")
  (data (i32.const 1024) "{\"plan\":{\"config_patch\":{\"greeting\":\"hello\"},\"secrets_patch\":{\"set\":{},\"delete\":[]},\"webhook_ops\":[{\"op\":\"register\",\"id\":\"inbound\",\"url\":\"")
  (data (i32.const 2048) "/hook\"}],\"subscription_ops\":[],\"oauth_ops\":[],\"notes\":[]}}")
  ;; The address after the key, or 0.
  (func $value (param $hay i32) (param $len i32) (result i32)
    (local $i i32) (local $end i32)
    (if (i32.lt_u (local.get $len) (i32.const 19)) (then (return (i32.const 0))))
    (local.set $end (i32.sub (i32.add (local.get $hay) (local.get $len)) (i32.const 19)))
    (loop $place
      (local.set $i (i32.const 0))
      (block $differs
        (loop $same
          (if (i32.eq (local.get $i) (i32.const 19))
            (then (return (i32.add (local.get $hay) (local.get $i)))))
          (br_if $differs
            (i32.ne
              (i32.load8_u (i32.add (local.get $hay) (local.get $i)))
              (i32.load8_u offset=16 (local.get $i))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $same)))
      (local.set $hay (i32.add (local.get $hay) (i32.const 1)))
      (br_if $place (i32.le_u (local.get $hay) (local.get $end))))
    (i32.const 0))
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (local $from i32) (local $to i32)
    (memory.copy (i32.const 4096) (i32.const 1024) (i32.const 138))
    (local.set $to (i32.const 4234))
    (local.set $from (call $value (local.get $ptr) (local.get $len)))
    (if (local.get $from)
      (then
        (block $ends
          (loop $byte
            (br_if $ends (i32.eq (i32.load8_u (local.get $from)) (i32.const 34)))
            (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (br $byte)))))
    (memory.copy (local.get $to) (i32.const 2048) (i32.const 58))
    (i32.const 4096)
    (i32.sub (i32.add (local.get $to) (i32.const 58)) (i32.const 4096))))
