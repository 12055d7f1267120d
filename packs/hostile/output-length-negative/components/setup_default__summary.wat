;; A length of minus one, which is 4 GiB less one byte.
(module
  (memory (export "memory") 1)
  (func (export "run") (param i32 i32) (result i32 i32)
    (i32.const 0)
    (i32.const -1)))
