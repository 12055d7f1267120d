;; A byte order mark before the JSON.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\ef\bb\bf{}")
  (func (export "run") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 5)))
