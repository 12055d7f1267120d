;; Says what was done.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22summary\22:\22The room is set.\22}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 30)))
