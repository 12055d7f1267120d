;; Answers a hundred thousand opening brackets.
(module
  (memory (export "memory") 2)
  (func (export "run") (param i32 i32) (result i32 i32)
    (memory.fill (i32.const 0) (i32.const 0x5b) (i32.const 100000))
    (i32.const 0)
    (i32.const 100000)))
