;; Refuses answers without a room, and a room that is no text.
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "\"room\":\"")
  (data (i32.const 64) "{\22diagnostics\22:[]}")
  (data (i32.const 128) "{\22diagnostics\22:[{\22severity\22:\22error\22,\22code\22:\22ROOM\22,\22message\22:\22`room` is missing or no text\22}]}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (local $i i32) (local $end i32)
    (local.set $end (i32.add (local.get $ptr) (local.get $len)))
    (loop $each
      (local.set $i (i32.const 0))
      (block $differs
        (loop $same
          (if (i32.eq (local.get $i) (i32.const 8))
            (then
              (br_if $differs
                (i32.eq (i32.load8_u offset=8 (local.get $ptr)) (i32.const 34)))
              (return (i32.const 64) (i32.const 18))))
          (br_if $differs
            (i32.ne
              (i32.load8_u (i32.add (local.get $ptr) (local.get $i)))
              (i32.load8_u offset=16 (local.get $i))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $same)))
      (local.set $ptr (i32.add (local.get $ptr) (i32.const 1)))
      (br_if $each (i32.lt_u (i32.add (local.get $ptr) (i32.const 8)) (local.get $end))))
    (i32.const 128)
    (i32.const 93)))
