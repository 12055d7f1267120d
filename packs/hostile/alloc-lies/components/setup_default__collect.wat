;; Points outside its memory when it is asked for room.
(module
  (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (i32.const -16))
  (func (export "run") (param i32 i32) (result i32 i32)
    (i32.const 0)
    (i32.const 0)))
