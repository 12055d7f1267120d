;; Accepts every answer.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"diagnostics\":[]}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 18)))
