;; Answers whether memory grew.
(module
  (memory (export "memory") 1 800)
  (data (i32.const 0) "{\"summary\":1}")
  (func (export "run") (param i32 i32) (result i32 i32)
    (i32.store8 (i32.const 11) (i32.sub (i32.const 50) (i32.eq (memory.grow (i32.const 799)) (i32.const -1))))
    (i32.const 0) (i32.const 13)))
