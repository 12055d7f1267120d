;; Answers 1 MiB and one byte of zeros.
(module
  (memory (export "memory") 17)
  (func (export "run") (param i32 i32) (result i32 i32)
    (i32.const 0)
    (i32.const 1048577)))
