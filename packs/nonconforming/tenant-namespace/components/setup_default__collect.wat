;; Asks for a room.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22questions\22:{\22questions\22:[{\22id\22:\22room\22,\22kind\22:\22text\22,\22required\22:true,\22title\22:\22Room\22}]}}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 88)))
