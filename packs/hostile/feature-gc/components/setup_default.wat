;; A struct.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{}")
  (type $s (struct (field i32)))
  (func (result (ref null $s)) (struct.new $s (i32.const 1)))
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0) (i32.const 2)))
