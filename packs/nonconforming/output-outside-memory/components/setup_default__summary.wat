;; Answers sixteen bytes that start in the last byte of its memory.
(module
  (memory (export "memory") 1 1)
  (func (export "alloc") (param i32) (result i32) (i32.const 0))
  (func (export "run") (param i32 i32) (result i32 i32)
    (i32.const 65535)
    (i32.const 16)))
