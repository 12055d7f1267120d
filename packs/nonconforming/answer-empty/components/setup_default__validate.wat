;; Accepts every text, also an empty one.
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "\"room\":\"")
  (data (i32.const 8192) "{\"diagnostics\":[]}")
  (data (i32.const 9216) "{\"diagnostics\":[{\"severity\":\"error\",\"code\":\"ROOM\",\"message\":\"room has to be a text\"}]}")
  (func $has (param $hay i32) (param $len i32) (param $text i32) (param $size i32) (result i32)
    (local $i i32) (local $end i32)
    (if (i32.lt_u (local.get $len) (local.get $size)) (then (return (i32.const 0))))
    (local.set $end (i32.sub (i32.add (local.get $hay) (local.get $len)) (local.get $size)))
    (loop $place
      (local.set $i (i32.const 0))
      (block $differs
        (loop $same
          (if (i32.eq (local.get $i) (local.get $size)) (then (return (i32.const 1))))
          (br_if $differs
            (i32.ne
              (i32.load8_u (i32.add (local.get $hay) (local.get $i)))
              (i32.load8_u (i32.add (local.get $text) (local.get $i)))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $same)))
      (local.set $hay (i32.add (local.get $hay) (i32.const 1)))
      (br_if $place (i32.le_u (local.get $hay) (local.get $end))))
    (i32.const 0))
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (if (call $has (local.get $ptr) (local.get $len) (i32.const 16) (i32.const 8))
      (then (return (i32.const 8192) (i32.const 18))))
    (i32.const 9216)
    (i32.const 86)))
